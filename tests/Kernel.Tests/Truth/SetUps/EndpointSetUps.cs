using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Endpoints that do not listen, listen elsewhere, or are gone.</summary>
internal static class EndpointSetUps
{
    private const string Kind = "endpoint";

    public static IEnumerable<SetUp> List() =>
        [
            Only(Kind, "it listens on its own address", n => n.Listen(n.B, 8080, at: n.At.B)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80)),
            Only(Kind, "it listens with an IPv6 socket for both", n => n.Listen(n.B, 8080, isDual: true)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80)),
            .. Both(Kind, "a pod calls another pod that listens", n => n.Listen(n.B, 8080).Call(n.A, n.At.B, 8080)),
            Only(Kind, "an outside machine calls a pod", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)),
            .. Both(Kind, "the Service has none", n => n.KubeProxy([n.Web()]).Call(n.A, n.At.Service, 80).Call(n.Node, n.At.Service, 80)),
            Only(Kind, "a Service with session affinity", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080)) with { AffinitySeconds = 10800 }]).Call(n.A, n.At.Service, 80)),
        ];
}

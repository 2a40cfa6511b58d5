using K8sNetfilter.Errors;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Namespaces;

/// <summary>Whether this process may make network namespaces; the reason where it may not.</summary>
internal static class Privilege
{
    private static readonly Lazy<string?> Refusal = new(() =>
    {
        try
        {
            using var made = NetworkNamespace.Create("a trial");
            return null;
        }
        catch (NodeException failure)
        {
            return failure.Message;
        }
    });

    /// <summary>Makes a private namespace, or skips the test where that is not permitted.</summary>
    public static NetworkNamespace MakeNamespace(string name = "the test's namespace")
    {
        Assert.SkipUnless(Refusal.Value is null, Refusal.Value ?? "");
        return NetworkNamespace.Create(name);
    }
}

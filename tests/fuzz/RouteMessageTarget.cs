using K8sNetfilter.Errors;
using K8sNetfilter.Links;
using K8sNetfilter.Netlink;
using K8sNetfilter.Tests.Links;

namespace K8sNetfilter.Fuzz;

/// <summary>One rtnetlink message after the other, through every decoder.</summary>
internal sealed class RouteMessageTarget : IFuzzTarget
{
    private static readonly Action<byte[]>[] Decoders =
    [
        m => LinkDecoder.Decode(new NetlinkMessage(m)), m => AddressDecoder.Decode(new NetlinkMessage(m)), m => RouteDecoder.Decode(new NetlinkMessage(m)),
        m => RoutingRuleDecoder.Decode(new NetlinkMessage(m)), m => NeighborDecoder.Decode(new NetlinkMessage(m)), m => NeighborDecoder.DecodeForwarding(new NetlinkMessage(m)),
        m => NetlinkFailure.FromMessage(new NetlinkMessage(m), new NetlinkOperation("Reading", "bytes")),
    ];

    public string Name => "route-message";

    public IEnumerable<byte[]> Seeds => CapturedMessages.All;

    public void Run(byte[] input)
    {
        if (input.Length < NetlinkMessage.HeaderSize)
        {
            return;
        }

        foreach (var decoder in Decoders)
        {
            try
            {
                decoder(input);
            }
            catch (NodeException failure) when (failure.ErrorId == "NetlinkMalformed")
            {
            }
        }
    }
}

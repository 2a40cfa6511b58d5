using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Netlink;
using K8sNetfilter.Tests.Conntrack;

namespace K8sNetfilter.Fuzz;

/// <summary>One conntrack message through every decoder of that subsystem; whatever is read can be shown, and what is shown be read.</summary>
internal sealed class ConntrackMessageTarget : IFuzzTarget
{
    public string Name => "conntrack-message";

    public IEnumerable<byte[]> Seeds => CapturedEntries.All.Select(e => e.Message);

    public void Run(byte[] input)
    {
        if (input.Length < NetlinkMessage.HeaderSize)
        {
            return;
        }

        Try(() =>
        {
            if (ConntrackDecoder.TryDecode(new NetlinkMessage(input), out var record))
            {
                string text = ConntrackText.Format(new ConntrackEntry(record), ConntrackTextParts.All);
                if (text.Any(char.IsControl))
                {
                    throw new InvalidOperationException($"a control character in {text}");
                }
            }
        });
        Try(() => ConntrackDecoder.DecodeCpuStatistic(new NetlinkMessage(input)));
        Try(() =>
        {
            long? count = null, maximum = null;
            ConntrackDecoder.ReadUsage(new NetlinkMessage(input), ref count, ref maximum);
        });
    }

    private static void Try(Action read)
    {
        try
        {
            read();
        }
        catch (NodeException failure) when (failure.ErrorId == "NetlinkMalformed")
        {
        }
    }
}

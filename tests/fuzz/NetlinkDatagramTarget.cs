using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Links;
using K8sNetfilter.Netlink;
using K8sNetfilter.Tests.Links;

namespace K8sNetfilter.Fuzz;

/// <summary>The datagrams of a kernel's answer, whatever they say.</summary>
internal sealed class NetlinkDatagramTarget : IFuzzTarget
{
    public string Name => "netlink-datagram";

    public IEnumerable<byte[]> Seeds => [[.. CapturedMessages.Port, .. CapturedMessages.Bridge], [.. CapturedMessages.Loopback, 16, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]];

    public void Run(byte[] input)
    {
        using var connection = new NetlinkConnection(() => new Replay(input), new NetlinkOptions { Timeout = TimeSpan.Zero, Retries = 1 });
        using var link = new RouteNetlink(connection, "bytes");
        try
        {
            link.ReadLinks();
        }
        catch (NodeException)
        {
        }
    }

    // Answers carry the sequence number of their request, so that all of them are looked at.
    private sealed class Replay(byte[] answer) : INetlinkTransport
    {
        private bool _given;

        public uint PortId => 0;

        public int Send(ReadOnlySpan<byte> datagram)
        {
            for (int offset = 0; offset + 16 <= answer.Length;)
            {
                datagram[8..12].CopyTo(answer.AsSpan(offset + 8));
                int length = BitConverter.ToInt32(answer, offset);
                if (length < 16 || length > answer.Length)
                {
                    break;
                }

                offset += (length + 3) & ~3;
            }

            return datagram.Length;
        }

        public int Receive(Span<byte> buffer)
        {
            if (_given || answer.Length > buffer.Length)
            {
                return -Errno.EAGAIN;
            }

            _given = true;
            answer.CopyTo(buffer);
            return answer.Length;
        }

        public bool Wait(TimeSpan timeout) => false;

        public void Dispose()
        {
        }
    }
}

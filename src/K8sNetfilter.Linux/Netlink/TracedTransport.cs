using System.Globalization;
using System.Runtime.InteropServices;
using K8sNetfilter.Interop;

namespace K8sNetfilter.Netlink;

/// <summary>A transport that writes each message, sent or received, as one line. What it carries is not changed.</summary>
/// <param name="inner">The transport itself.</param>
/// <param name="protocol">The family that it speaks.</param>
/// <param name="output">Where the lines go.</param>
internal sealed class TracedTransport(INetlinkTransport inner, NetlinkProtocol protocol, TextWriter output) : INetlinkTransport
{
    /// <inheritdoc/>
    public uint PortId => inner.PortId;

    /// <inheritdoc/>
    public int Send(ReadOnlySpan<byte> datagram)
    {
        WriteMessages(datagram, isSent: true);
        int sent = inner.Send(datagram);
        if (sent < 0)
        {
            WriteFailure("send", sent);
        }

        return sent;
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> buffer)
    {
        int received = inner.Receive(buffer);
        if (received > 0)
        {
            WriteMessages(buffer[..Math.Min(received, buffer.Length)], isSent: false);
            if (received > buffer.Length)
            {
                Write(string.Create(CultureInfo.InvariantCulture,
                    $"netlink < {protocol} cut off: {received} bytes, the buffer holds {buffer.Length}"));
            }
        }
        else if (received is < 0 and not -Errno.EAGAIN)
        {
            WriteFailure("receive", received);
        }

        return received;
    }

    /// <inheritdoc/>
    public bool Wait(TimeSpan timeout) => inner.Wait(timeout);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private void WriteMessages(ReadOnlySpan<byte> datagram, bool isSent)
    {
        while (datagram.Length > 0)
        {
            uint length = datagram.Length < NetlinkMessage.HeaderSize ? 0 : MemoryMarshal.Read<uint>(datagram);
            if (length < NetlinkMessage.HeaderSize || length > datagram.Length)
            {
                Write(NetlinkLine.Malformed(protocol, datagram, isSent));
                return;
            }

            Write(NetlinkLine.Describe(protocol, new NetlinkMessage(datagram[..(int)length]), isSent));
            datagram = datagram[Math.Min(datagram.Length, NetlinkAttributes.Align((int)length))..];
        }
    }

    private void WriteFailure(string call, int result) =>
        Write(string.Create(CultureInfo.InvariantCulture,
            $"netlink ! {protocol} {call} failed: error {-result} {Errno.Describe(-result)}"));

    private void Write(string line)
    {
        try
        {
            output.WriteLine(line);
        }
        catch (IOException)
        {
            // Nobody reads standard error; the command goes on.
        }
    }
}

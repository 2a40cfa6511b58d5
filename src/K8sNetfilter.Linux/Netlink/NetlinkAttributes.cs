using System.Runtime.InteropServices;

namespace K8sNetfilter.Netlink;

/// <summary>A run of attributes (struct nlattr, netlink(7)), read in place with <c>foreach</c>.</summary>
internal readonly ref struct NetlinkAttributes
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal NetlinkAttributes(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>NLA_ALIGN and NLMSG_ALIGN: up to the next multiple of 4.</summary>
    internal static int Align(int length) => (length + 3) & ~3;

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(_bytes);

    /// <summary>Steps from attribute to attribute.</summary>
    internal ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;
        private ReadOnlySpan<byte> _current;

        internal Enumerator(ReadOnlySpan<byte> bytes)
        {
            _rest = bytes;
            _current = default;
        }

        /// <summary>The attribute.</summary>
        public readonly NetlinkAttribute Current => new(_current);

        /// <summary>Goes to the next attribute.</summary>
        /// <exception cref="Errors.NodeException"><c>NetlinkMalformed</c>: an attribute's length is beyond the message's end.</exception>
        public bool MoveNext()
        {
            // Fewer bytes than a header are padding, as NLA_OK of the kernel's own readers has it.
            if (_rest.Length < NetlinkAttribute.HeaderSize)
            {
                return false;
            }

            int length = MemoryMarshal.Read<ushort>(_rest);
            if (length < NetlinkAttribute.HeaderSize || length > _rest.Length)
            {
                throw NetlinkFailure.Malformed(NetlinkMessages.AttributeMalformed);
            }

            _current = _rest[..length];
            int next = NetlinkAttributes.Align(length);
            _rest = next < _rest.Length ? _rest[next..] : default;
            return true;
        }
    }
}

using System.Text;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Nftables;

/// <summary>
/// Names as they come, one string for each: chains and sets are named where they are made and where rules lead to them. For use by two
/// threads.
/// </summary>
internal sealed class NftNames
{
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private readonly object _lock = new();
    private string?[] _slots = new string?[256];
    private int _count;

    /// <summary>The string of a name, made safe for a terminal.</summary>
    /// <param name="bytes">The name; what is after a NUL is not part of it.</param>
    public string Of(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        bytes = end >= 0 ? bytes[..end] : bytes;
        if (bytes.IsEmpty)
        {
            return "";
        }

        if (bytes.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e))
        {
            return KernelText.Decode(bytes);
        }

        lock (_lock)
        {
            return Known(bytes);
        }
    }

    private string Known(ReadOnlySpan<byte> bytes)
    {
        int slot = Slot(bytes);
        while (_slots[slot] is { } name)
        {
            if (Ascii.Equals(bytes, name))
            {
                return name;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        string made = Encoding.ASCII.GetString(bytes);
        _slots[slot] = made;
        if (++_count * 2 > _slots.Length)
        {
            Grow();
        }

        return made;
    }

    private void Grow()
    {
        string?[] old = _slots;
        _slots = new string?[old.Length * 2];
        Span<byte> room = stackalloc byte[512];
        foreach (string? name in old)
        {
            if (name is null)
            {
                continue;
            }

            var bytes = name.Length <= room.Length ? room[..name.Length] : new byte[name.Length];
            Encoding.ASCII.GetBytes(name, bytes);
            int slot = Slot(bytes);
            while (_slots[slot] is not null)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = name;
        }
    }

    private int Slot(ReadOnlySpan<byte> bytes) => (int)(NftHash.Of(bytes, Seed) >> 32) & (_slots.Length - 1);
}

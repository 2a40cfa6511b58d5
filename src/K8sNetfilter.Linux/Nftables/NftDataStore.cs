using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables;

/// <summary>Keeps bytes of messages beyond the receive buffer, in blocks: not an array for each constant of a rule.</summary>
internal sealed class NftDataStore
{
    private const int BlockSize = 16 * 1024;

    private byte[] _block = [];
    private int _used;

    /// <summary>A copy that stays.</summary>
    public NftData Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _block.Length - _used)
        {
            if (bytes.Length > BlockSize / 4)
            {
                return bytes.ToArray();
            }

            _block = new byte[BlockSize];
            _used = 0;
        }

        bytes.CopyTo(_block.AsSpan(_used));
        var kept = new ReadOnlyMemory<byte>(_block, _used, bytes.Length);
        _used += bytes.Length;
        return new NftData(kept);
    }
}

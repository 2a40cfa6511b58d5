using System.Globalization;
using System.Text;
using K8sNetfilter.Nftables;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>A branch inside a base chain, and the chains that it has to come back to.</summary>
internal sealed class NativePosition(BranchState state, NftChain chain)
{
    // NFT_JUMP_STACK_SIZE of net/netfilter/nf_tables.h.
    private const int MaxDepth = 16;

    private NativeFrame[] _frames = [new(chain, 0)];
    private int _depth = 1;

    /// <summary>The branch.</summary>
    public BranchState State { get; } = state;

    /// <summary>The chain that it is in.</summary>
    public NftChain Chain => _frames[_depth - 1].Chain;

    /// <summary>Another branch at the same place.</summary>
    public NativePosition Fork(BranchState other) => new(other, Chain) { _frames = (NativeFrame[])_frames.Clone(), _depth = _depth };

    /// <summary>
    /// The way to it through jumps, which no packet takes twice in one base chain: a rule that is met again, as a limit, may decide
    /// otherwise.
    /// </summary>
    public string Path
    {
        get
        {
            var text = new StringBuilder();
            foreach (var frame in _frames.AsSpan(0, _depth))
            {
                text.Append(CultureInfo.InvariantCulture, $"{frame.Chain.Name} {frame.Next}/");
            }

            return text.ToString();
        }
    }

    /// <summary>Takes the next rule. -1 at the end of the chain.</summary>
    public int Next()
    {
        ref var frame = ref _frames[_depth - 1];
        int index = frame.Next;
        if (index >= frame.Chain.Rules.Length)
        {
            return -1;
        }

        frame = frame with { Next = index + 1 };
        return index;
    }

    /// <summary>Goes into a chain. False if that is deeper than the kernel allows.</summary>
    public bool Call(NftChain chain, bool isGoto)
    {
        if (isGoto)
        {
            _frames[_depth - 1] = new(chain, 0);
            return true;
        }

        if (_depth > MaxDepth)
        {
            return false;
        }

        if (_depth == _frames.Length)
        {
            Array.Resize(ref _frames, Math.Max(4, _depth * 2));
        }

        _frames[_depth++] = new(chain, 0);
        return true;
    }

    /// <summary>Goes back to the last jump. False in the base chain.</summary>
    public bool Return() => --_depth > 0;

    /// <summary>Compares where two branches are; a branch only ever moves forward in this order.</summary>
    public int CompareTo(NativePosition other)
    {
        for (int i = 0; i < Math.Min(_depth, other._depth); i++)
        {
            int order = _frames[i].Next.CompareTo(other._frames[i].Next);
            if (order != 0)
            {
                return order;
            }
        }

        // A caller's frame already points after the jump: the branch that is still in the chain comes first.
        return other._depth.CompareTo(_depth);
    }

    /// <summary>Whether two branches are at the same place.</summary>
    public bool IsAt(NativePosition other) => _frames.AsSpan(0, _depth).SequenceEqual(other._frames.AsSpan(0, other._depth));
}

namespace K8sNetfilter.Rulesets;

/// <summary>The rules of a chain, for a loop that makes nothing; <c>default</c> has none.</summary>
internal readonly struct RuleRefs(NetfilterChain? chain)
{
    public Enumerator GetEnumerator() => new(chain);

    public struct Enumerator(NetfilterChain? chain)
    {
        private int _index = -1;

        public readonly RuleRef Current => new(chain!, _index);

        public bool MoveNext() => ++_index < (chain?.Kept ?? 0);
    }
}

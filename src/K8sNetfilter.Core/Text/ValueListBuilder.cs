namespace K8sNetfilter.Text;

/// <summary>Makes a <see cref="ValueList{T}"/> where code writes <c>[a, b]</c>.</summary>
public static class ValueListBuilder
{
    /// <summary>Makes a list of these items.</summary>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => items.ToArray();
}

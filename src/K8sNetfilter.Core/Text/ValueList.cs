using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace K8sNetfilter.Text;

/// <summary>
/// A list in a property of an object that a user gets. It is JSON's array and PowerShell's list as an array is, but reads as its items
/// where an array would read as <c>System.String[]</c>: Export-Csv takes the text of a value.
/// </summary>
/// <typeparam name="T">What it holds: text, or an object whose text a person can read.</typeparam>
[CollectionBuilder(typeof(ValueListBuilder), nameof(ValueListBuilder.Create))]
public sealed class ValueList<T> : ReadOnlyCollection<T>
{
    private readonly T[] _items;

    internal ValueList(T[] items)
        : base(items) => _items = items;

    /// <summary>A list without items.</summary>
    internal static new ValueList<T> Empty { get; } = new([]);

    /// <summary>How many items it has, as an array says it.</summary>
    public int Length => _items.Length;

    /// <summary>The items, for a loop that must not cost anything.</summary>
    internal ReadOnlySpan<T> Span => _items;

    /// <summary>Makes a list of an array, which must not change any more.</summary>
    public static implicit operator ValueList<T>(T[]? items) => items is { Length: > 0 } ? new(items) : Empty;

    /// <summary>Makes a list of an array, which must not change any more.</summary>
    [SuppressMessage("Design", "CA1000:Do not declare static members on generic types",
        Justification = "CA2225 wants it beside the conversion.")]
    public static ValueList<T> FromArray(T[] items) => items;

    /// <summary>The items with commas between them.</summary>
    public override string ToString() => string.Join(", ", _items);
}

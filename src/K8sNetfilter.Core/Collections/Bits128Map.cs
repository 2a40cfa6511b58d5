using K8sNetfilter.Addressing;

namespace K8sNetfilter.Collections;

/// <summary>Values by an address or a number, in the order in which they came: see <see cref="Bits128Index"/>.</summary>
internal sealed class Bits128Map<T>
    where T : class
{
    private readonly Bits128Index _numbers = new();
    private readonly List<T> _values = [];

    /// <summary>All values.</summary>
    public IReadOnlyList<T> Values => _values;

    /// <summary>The value of a key; null if there is none.</summary>
    public T? Find(Bits128 key) => _numbers.Find(key) is >= 0 and int number ? _values[number] : null;

    /// <summary>Gives a key a value, in the place of the one that it has.</summary>
    public void Set(Bits128 key, T value)
    {
        int number = _numbers.Add(key);
        if (number == _values.Count)
        {
            _values.Add(value);
        }
        else
        {
            _values[number] = value;
        }
    }
}

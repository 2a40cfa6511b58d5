using CsCheck;
using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Tests.Collections;

/// <summary>What stands for the framework's dictionaries over addresses does as they do.</summary>
public sealed class KeyNumbersTests
{
    // Few values, so that they come again.
    private static readonly Gen<ulong> AnyKey = Gen.ULong[0, 300];

    private static Bits128 Key(ulong number) => new(number % 3 == 0 ? number : 0, number);

    [Fact]
    public void A_map_does_as_a_dictionary_does() => Gen.Select(AnyKey, Gen.String).Array[0, 200].Sample(pairs =>
    {
        var map = new Bits128Map<string>();
        var dictionary = new Dictionary<Bits128, string>();
        foreach (var (key, value) in pairs)
        {
            map.Set(Key(key), value);
            dictionary[Key(key)] = value;
        }

        for (ulong i = 0; i <= 301; i++)
        {
            Assert.Equal(dictionary.GetValueOrDefault(Key(i)), map.Find(Key(i)));
        }

        Assert.Equal(dictionary.Values, map.Values);
    });

    [Fact]
    public void Rules_are_found_by_key_from_any_place_on() => Gen.Select(Gen.ULong[0, 20], Gen.Int[1, 3]).Array[0, 100].Sample(steps =>
    {
        var rules = new RuleIndexColumn();
        var all = new List<(Bits128 Key, int Rule)>();
        int place = -1;
        foreach (var (key, step) in steps)
        {
            place += step;
            rules.Add(Key(key), place);
            all.Add((Key(key), place));
        }

        rules.Complete();
        for (ulong key = 0; key <= 21; key++)
        {
            for (int from = 0; from <= place + 1; from++)
            {
                Assert.Equal(all.Where(r => r.Key == Key(key) && r.Rule >= from).Select(r => r.Rule).DefaultIfEmpty(int.MaxValue).First(), rules.First(Key(key), from));
            }
        }
    }, iter: 20);
}

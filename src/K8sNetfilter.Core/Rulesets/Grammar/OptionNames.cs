using System.Text;

namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// The words that rules are written in: options of every rule, and one string for each word that comes up again and again.
/// </summary>
internal static class OptionNames
{
    private const int Slots = 4096;

    private static readonly string?[] Known = new string?[Slots];

    // Options whose value iptables-save writes with xtables_save_string: in quotes unless it is one plain word.
    private static readonly HashSet<string> FreeText = new(StringComparer.Ordinal)
    {
        "comment", "log-prefix", "nflog-prefix", "ulog-prefix", "string", "path", "genre", "helper", "rateest-name", "led-trigger-id",
            "selctx",
    };

    static OptionNames()
    {
        foreach (string word in ExtensionTable.AllNames()
            .Concat("source destination in-interface out-interface protocol fragment match jump goto append set-counters".Split(' '))
            .Concat("! -A -s -d -i -o -p -f -m -j -g -c tcp udp sctp icmp icmp6 ipv6-icmp all esp ah gre ACCEPT DROP RETURN QUEUE".Split(' '))
            .Concat("nat filter mangle raw security PREROUTING INPUT FORWARD OUTPUT POSTROUTING LOCAL src dst random nth random-fully".Split(' '))
            .Concat("KUBE-MARK-MASQ KUBE-MARK-DROP KUBE-SERVICES KUBE-POSTROUTING KUBE-NODEPORTS NEW ESTABLISHED RELATED,ESTABLISHED INVALID".Split(' '))
            .Concat(ExtensionTable.AllNames().Select(n => "--" + n)))
        {
            Add(word);
        }
    }

    /// <summary>The word as a string: always the same one for a known word.</summary>
    public static string Intern(ReadOnlySpan<byte> word)
    {
        if (word.Length <= 40)
        {
            for (uint slot = Hash(word); Known[slot % Slots] is { } known; slot++)
            {
                if (known.Length == word.Length && Ascii.Equals(word, known))
                {
                    return known;
                }
            }
        }

        return RulesetText.Decode(word);
    }

    /// <summary>The word as a string: always the same one for a known word.</summary>
    public static string Intern(string word) => Intern(Encoding.UTF8.GetBytes(word));

    /// <summary>The long name of an option that every rule can have, by its letter; null for another letter.</summary>
    public static string? LongOf(byte letter) => letter switch
    {
        (byte)'A' => "append",
        (byte)'s' => "source",
        (byte)'d' => "destination",
        (byte)'i' => "in-interface",
        (byte)'o' => "out-interface",
        (byte)'p' => "protocol",
        (byte)'f' => "fragment",
        (byte)'m' => "match",
        (byte)'j' => "jump",
        (byte)'g' => "goto",
        (byte)'c' => "set-counters",
        (byte)'4' => "ipv4",
        (byte)'6' => "ipv6",
        _ => null,
    };

    /// <summary>The name of an option that every rule can have, from one of its long spellings; null for another option.</summary>
    public static string? LongOf(string spelled) => spelled switch
    {
        "src" => "source",
        "dst" => "destination",
        "append" or "source" or "destination" or "in-interface" or "out-interface" or "protocol" or "fragment" or "match" or "jump"
        or "goto"
            or "set-counters" or "ipv4" or "ipv6" => spelled,
        _ => null,
    };

    /// <summary>True for a name that <see cref="LongOf(string)"/> knows.</summary>
    public static bool IsOfEveryRule(ReadOnlySpan<byte> spelled) => spelled.Length switch
    {
        3 => spelled.SequenceEqual("src"u8) || spelled.SequenceEqual("dst"u8),
        4 => spelled.SequenceEqual("jump"u8) || spelled.SequenceEqual("goto"u8) || spelled.SequenceEqual("ipv4"u8)
        || spelled.SequenceEqual("ipv6"u8),
        5 => spelled.SequenceEqual("match"u8),
        6 => spelled.SequenceEqual("append"u8) || spelled.SequenceEqual("source"u8),
        8 => spelled.SequenceEqual("protocol"u8) || spelled.SequenceEqual("fragment"u8),
        11 => spelled.SequenceEqual("destination"u8),
        12 => spelled.SequenceEqual("in-interface"u8) || spelled.SequenceEqual("set-counters"u8),
        13 => spelled.SequenceEqual("out-interface"u8),
        _ => false,
    };

    /// <summary>The letter with which iptables-save writes an option; null where it writes the name.</summary>
    public static char? ShortOf(string name) => name switch
    {
        "append" => 'A',
        "source" => 's',
        "destination" => 'd',
        "in-interface" => 'i',
        "out-interface" => 'o',
        "protocol" => 'p',
        "fragment" => 'f',
        "match" => 'm',
        "jump" => 'j',
        "goto" => 'g',
        _ => null,
    };

    /// <summary>How many values an option of <see cref="LongOf(string)"/> has.</summary>
    public static int ValuesOf(string name) => name switch { "fragment" or "ipv4" or "ipv6" => 0, "set-counters" => 2, _ => 1 };

    /// <summary>True for a condition that every rule can have, without an extension.</summary>
    public static bool IsHeader(string name) =>
        name is "source" or "destination" or "in-interface" or "out-interface" or "protocol" or "fragment";

    /// <summary>True where iptables-save writes the option's value as a free string.</summary>
    public static bool IsFreeText(string name) => FreeText.Contains(name);

    private static void Add(string word)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(word);
        uint slot = Hash(bytes);
        for (; Known[slot % Slots] is { } known; slot++)
        {
            if (known == word)
            {
                return;
            }
        }

        Known[slot % Slots] = word;
    }

    // FNV-1a. The table never takes a word from outside, so that nobody can fill its slots.
    private static uint Hash(ReadOnlySpan<byte> word)
    {
        uint hash = 2166136261;
        foreach (byte b in word)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }
}

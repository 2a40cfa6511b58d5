using System.Globalization;
using System.Text;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Hooks;

/// <summary>
/// The output of <c>nft list hooks</c> (src/mnl.c, print_hooks), read and written. It names an nf_tables chain in place of the function
/// that runs it.
/// </summary>
public static class NftHookText
{
    private static readonly (string Name, HookLayer Layer, IPFamily Family)[] Families =
        [("ip", HookLayer.IP, IPFamily.IPv4), ("ip6", HookLayer.IP, IPFamily.IPv6), ("bridge", HookLayer.Bridge, IPFamily.Unspecified)];

    /// <summary>Reads it. Families and hooks that are not on a packet's way through IP or a bridge are passed over.</summary>
    public static IReadOnlyList<HookEntry> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = new List<HookEntry>();
        (string Name, HookLayer Layer, IPFamily Family) family = default;
        HookPoint? point = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            string[] words = line.ToString().Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["family", var name, ..])
            {
                family = Array.Find(Families, f => f.Name == name);
                point = null;
            }
            else if (words is ["hook", var hook, ..])
            {
                point = family.Name is not null && Enum.TryParse<HookPoint>(hook, ignoreCase: true, out var found)
                    && char.IsAsciiLetter(hook[0]) ? found : null;
            }
            else if (point is { } at && words.Length >= 2
                && int.TryParse(words[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int priority))
            {
                string? module = words[^1] is ['[', .., ']'] last ? last[1..^1] : null;
                entries.Add(words is [_, "chain", _, var table, var chain, ..]
                    ? new HookEntry(family.Layer, family.Family, at, priority, null, module, table, chain)
                    : new HookEntry(family.Layer, family.Family, at, priority, words[1] is ['[', ..] ? null : words[1], module,
                        null, null));
            }
        }

        return entries;
    }

    /// <summary>Writes what <see cref="Parse"/> reads.</summary>
    public static string Format(IReadOnlyList<HookEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var text = new StringBuilder();
        foreach (var (name, layer, family) in Families)
        {
            var own = entries.Where(e => e.Layer == layer && e.Family == family).ToList();
            if (own.Count == 0)
            {
                continue;
            }

            text.Append(CultureInfo.InvariantCulture, $"family {name} {{\n");
            foreach (var hook in own.GroupBy(e => e.Point))
            {
                text.Append(CultureInfo.InvariantCulture, $"\thook {hook.Key.ToString().ToLowerInvariant()} {{\n");
                foreach (var entry in hook)
                {
                    string priority = entry.Priority < 0 ? string.Create(CultureInfo.InvariantCulture, $"-{-(long)entry.Priority:d10}")
                        : string.Create(CultureInfo.InvariantCulture, $"{(entry.Priority == 0 ? ' ' : '+')}{entry.Priority:d10}");
                    text.Append("\t\t").Append(priority);
                    text.Append(entry.Table is not null ? $" chain {name} {entry.Table} {entry.Chain}"
                        : entry.Function is not null ? $" {entry.Function}" : "");
                    text.Append(entry.Module is not null ? $" [{entry.Module}]\n" : "\n");
                }

                text.Append("\t}\n");
            }

            text.Append("}\n");
        }

        return text.ToString();
    }
}

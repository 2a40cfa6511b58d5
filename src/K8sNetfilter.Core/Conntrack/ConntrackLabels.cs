using System.Globalization;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// The names of conntrack labels: /etc/xtables/connlabel.conf, one bit and its name a line (libnetfilter_conntrack,
/// iptables-extensions(8)).
/// </summary>
public static class ConntrackLabels
{
    /// <summary>Reads the file. Lines that are none are passed over; the first name of a bit counts.</summary>
    public static IReadOnlyDictionary<int, string> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var names = new Dictionary<int, string>();
        foreach (var range in text.AsSpan().EnumerateLines())
        {
            var line = range.Trim();
            int blank = line.IndexOfAny(" \t");
            if (blank > 0 && int.TryParse(line[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out int bit) && bit < 128)
            {
                var name = line[blank..].Trim();
                if (!name.IsEmpty && !name.ContainsAnyInRange('\0', ' '))
                {
                    names.TryAdd(bit, name.ToString());
                }
            }
        }

        return names;
    }
}

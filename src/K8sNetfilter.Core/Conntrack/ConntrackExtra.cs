using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Conntrack;

/// <summary>What few entries have; apart, so that the many stay small.</summary>
internal sealed class ConntrackExtra
{
    private ConntrackExtra(in ConntrackRecord record, IReadOnlyDictionary<int, string>? labelNames)
    {
        Start = record.Start;
        Stop = record.Stop;
        Helper = record.Helper;
        SecurityContext = record.SecurityContext;
        Labels = record.LabelNames is { Length: > 0 } names ? names.Split(',') : LabelsOf(record.LabelBits, labelNames);
    }

    public ulong Start { get; }

    public ulong Stop { get; }

    public string? Helper { get; }

    public string? SecurityContext { get; }

    public ValueList<string> Labels { get; }

    public static ConntrackExtra? Of(in ConntrackRecord record, IReadOnlyDictionary<int, string>? labelNames) =>
        (record.Parts & (ConntrackParts.Start | ConntrackParts.Stop)) != 0 || record.Helper is not null
        || record.SecurityContext is not null || record.LabelNames is not null || record.LabelBits != Bits128.Zero
            ? new ConntrackExtra(record, labelNames)
            : null;

    private static string[] LabelsOf(Bits128 bits, IReadOnlyDictionary<int, string>? names)
    {
        if (bits == Bits128.Zero)
        {
            return [];
        }

        var labels = new List<string>();
        for (int bit = 0; bit < 128; bit++)
        {
            if ((bits >> bit & Bits128.One) != Bits128.Zero)
            {
                labels.Add(names is not null && names.TryGetValue(bit, out string? name)
                    ? name : bit.ToString(CultureInfo.InvariantCulture));
            }
        }

        return [.. labels];
    }
}

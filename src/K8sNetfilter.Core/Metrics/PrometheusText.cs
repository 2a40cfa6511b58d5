using System.Globalization;
using System.Text;
using K8sNetfilter.Text;

namespace K8sNetfilter.Metrics;

/// <summary>
/// Writes the Prometheus text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format), as node_exporter's textfile collector reads it.
/// </summary>
public static class PrometheusText
{
    /// <summary>Writes metrics, one family after the other, in the order given. A family without samples is left out.</summary>
    /// <exception cref="ArgumentException">A name is not one that Prometheus takes, or a family stands twice.</exception>
    public static string Write(IEnumerable<Metric> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        var text = new StringBuilder();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            if (metric.Samples.Count == 0)
            {
                continue;
            }

            if (!IsName(metric.Name) || !seen.Add(metric.Name))
            {
                throw new ArgumentException(MetricMessages.MetricNameInvalid(Printable.Text(metric.Name)), nameof(metrics));
            }

            text.Append("# HELP ").Append(metric.Name).Append(' ');
            Escape(text, metric.Help, quotes: false);
            text.Append('\n').Append("# TYPE ").Append(metric.Name).Append(' ').Append(metric.Type).Append('\n');
            foreach (var sample in metric.Samples)
            {
                Sample(text, metric.Name, sample);
            }
        }

        return text.ToString();
    }

    private static void Sample(StringBuilder text, string name, MetricSample sample)
    {
        text.Append(name);
        char open = '{';
        foreach (var (label, value) in sample.Labels)
        {
            if (value is null)
            {
                continue;
            }

            if (!IsName(label))
            {
                throw new ArgumentException(MetricMessages.LabelNameInvalid(Printable.Text(label)));
            }

            text.Append(open).Append(label).Append("=\"");
            Escape(text, value, quotes: true);
            text.Append('"');
            open = ',';
        }

        text.Append(open == ',' ? "} " : " ");
        text.Append(double.IsNaN(sample.Value) ? "NaN"
            : double.IsInfinity(sample.Value) ? sample.Value > 0 ? "+Inf" : "-Inf"
            : sample.Value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>A line of the format must stay a line, whatever a rule's comment or a file's name holds.</summary>
    private static void Escape(StringBuilder text, string value, bool quotes)
    {
        foreach (char c in value)
        {
            switch (c)
            {
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '"' when quotes:
                    text.Append("\\\"");
                    break;
                default:
                    text.Append(char.IsControl(c) ? '\uFFFD' : c);
                    break;
            }
        }
    }

    private static bool IsName(string name) =>
        name.Length != 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}

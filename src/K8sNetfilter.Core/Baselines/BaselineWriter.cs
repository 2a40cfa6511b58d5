using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace K8sNetfilter.Baselines;

/// <summary>Writes a baseline as the JSON that <see cref="BaselineReader"/> reads. A resolved one stands by itself: it extends nothing.</summary>
public static class BaselineWriter
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Gives the JSON text.</summary>
    /// <param name="baseline">A baseline, resolved.</param>
    public static string ToJson(Baseline baseline)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            json.WriteString("name", baseline.Name);
            if (baseline.Description is { } description)
            {
                json.WriteString("description", description);
            }

            Each(json, "modules", baseline, BaselineRequirementKind.Module, requirement =>
            {
                json.WriteString("name", requirement.Name);
                if (requirement.Expected.IsSatisfiedBy("absent"))
                {
                    json.WriteString("state", "absent");
                }
            });
            Each(json, "sysctls", baseline, BaselineRequirementKind.Sysctl, requirement =>
            {
                json.WriteString("name", requirement.Name);
                Expectation(json, requirement.Expected);
            });
            Each(json, "files", baseline, BaselineRequirementKind.File, requirement => json.WriteString("path", requirement.Name));
            Bridges(json, baseline);
            Each(json, "chains", baseline, BaselineRequirementKind.Chain, requirement =>
            {
                json.WriteString("name", requirement.Name);
                json.WriteString("table", requirement.Property);
                json.WriteString("family", requirement.Family);
            });
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Each(Utf8JsonWriter json, string name, Baseline baseline, BaselineRequirementKind kind, Action<BaselineRequirement> write)
    {
        var some = baseline.Requirements.Where(r => r.Kind == kind).ToList();
        if (some.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var requirement in some)
        {
            json.WriteStartObject();
            write(requirement);
            Rest(json, requirement, hasBoot: kind is BaselineRequirementKind.Module or BaselineRequirementKind.Sysctl);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // The reader makes one requirement of each flag; here they come together again.
    private static void Bridges(Utf8JsonWriter json, Baseline baseline)
    {
        var groups = baseline.Requirements.Where(r => r.Kind == BaselineRequirementKind.Bridge).GroupBy(r => (r.Name, When: r.When.ToString(), r.Reason, r.Link)).ToList();
        if (groups.Count == 0)
        {
            return;
        }

        json.WriteStartArray("bridges");
        foreach (var group in groups)
        {
            json.WriteStartObject();
            json.WriteString("name", group.Key.Name);
            foreach (var requirement in group)
            {
                json.WriteBoolean(requirement.Property!, requirement.Expected.IsSatisfiedBy("on"));
            }

            Rest(json, group.First(), hasBoot: false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Rest(Utf8JsonWriter json, BaselineRequirement requirement, bool hasBoot)
    {
        if (hasBoot && !requirement.AtBoot)
        {
            json.WriteBoolean("atBoot", false);
        }

        if (requirement.Reason is { } reason)
        {
            json.WriteString("reason", reason);
        }

        if (requirement.Link is { } link)
        {
            json.WriteString("link", link.AbsoluteUri);
        }

        var when = requirement.When;
        if (when.ToString().Length == 0)
        {
            return;
        }

        json.WriteStartObject("when");
        if (when.IPv6 is { } ipv6)
        {
            json.WriteBoolean("ipv6", ipv6);
        }

        Texts("proxyMode", when.ProxyMode);
        Texts("cni", when.Cni);
        Texts("containerRuntime", when.ContainerRuntime);
        if (when.LocalNodePorts is { } ports)
        {
            json.WriteBoolean("localNodePorts", ports);
        }

        string[] kernel = [.. new[] { when.KernelAtLeast is { } low ? $">= {low}" : null, when.KernelBelow is { } high ? $"< {high}" : null }.OfType<string>()];
        if (kernel.Length != 0)
        {
            json.WriteString("kernel", string.Join(", ", kernel));
        }

        json.WriteEndObject();

        void Texts(string name, IReadOnlyList<string> values)
        {
            if (values.Count == 0)
            {
                return;
            }

            json.WriteStartArray(name);
            foreach (string value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }
    }

    private static void Expectation(Utf8JsonWriter json, BaselineExpectation expected)
    {
        if (expected.Values.Count == 1)
        {
            json.WritePropertyName("value");
            Value(json, expected.Values[0]);
        }
        else if (expected.Values.Count != 0)
        {
            json.WriteStartArray("oneOf");
            foreach (string value in expected.Values)
            {
                Value(json, value);
            }

            json.WriteEndArray();
        }

        if (expected.Minimum is { } minimum)
        {
            json.WriteNumber("minimum", minimum);
        }

        if (expected.Maximum is { } maximum)
        {
            json.WriteNumber("maximum", maximum);
        }
    }

    private static void Value(Utf8JsonWriter json, string value)
    {
        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number.ToString(CultureInfo.InvariantCulture) == value)
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(value);
        }
    }
}

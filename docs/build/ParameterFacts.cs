namespace K8sNetfilter.HelpBuild;

/// <summary>
/// What the block of YAML below a parameter says. A test of the module writes these blocks from the cmdlets' code and compares them with it.
/// A parameter that differs from one parameter set to another has a block for each.
/// </summary>
internal sealed class ParameterFacts
{
    private readonly Dictionary<string, string> _values;

    private ParameterFacts(Dictionary<string, string> values) => _values = values;

    /// <summary>The parameter sets that it is about; "(All)" for all.</summary>
    public string[] Sets => List("Parameter Sets");

    /// <summary>Whether it must be given.</summary>
    public bool IsRequired => _values["Required"] == "True";

    /// <summary>A number, or "named".</summary>
    public string Position => _values["Position"].ToLowerInvariant();

    /// <summary>False, or True with the ways.</summary>
    public string PipelineInput => _values["Accept pipeline input"];

    /// <summary>Whether wildcards are taken.</summary>
    public bool TakesWildcards => _values["Accept wildcard characters"] == "True";

    /// <summary>Its other names; "none" if it has none.</summary>
    public string Aliases => _values["Aliases"].Length == 0 ? "none" : _values["Aliases"];

    /// <summary>The value if the parameter is left out; "None" if it has no default.</summary>
    public string Default => _values["Default value"];

    /// <summary>The values of an enumeration or a fixed set.</summary>
    public string[] AcceptedValues => List("Accepted values");

    /// <summary>Stands in for a block that is not written yet: the build goes on, so that the test that writes it can run.</summary>
    public static ParameterFacts NotWritten { get; } = new(new(StringComparer.Ordinal)
    {
        ["Parameter Sets"] = "(All)",
        ["Aliases"] = "",
        ["Required"] = "False",
        ["Position"] = "Named",
        ["Default value"] = "None",
        ["Accept pipeline input"] = "False",
        ["Accept wildcard characters"] = "False",
    });

    /// <summary>Reads a block.</summary>
    public static ParameterFacts Read(MarkdownPage page, string parameter, string yaml)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["Aliases"] = "" };
        foreach (string line in yaml.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                values[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        foreach (string key in NotWritten._values.Keys)
        {
            if (!values.ContainsKey(key))
            {
                throw new PageException(page.File, $"the block of -{parameter} has no \"{key}\".");
            }
        }

        return new ParameterFacts(values);
    }

    private string[] List(string key) =>
        _values.TryGetValue(key, out string? text) ? text.Split(", ", StringSplitOptions.RemoveEmptyEntries) : [];
}

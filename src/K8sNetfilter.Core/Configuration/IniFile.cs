namespace K8sNetfilter.Configuration;

/// <summary>The lines of a file with sections, as systemd's units, tuned's profiles and shell fragments (no section) have them.</summary>
internal static class IniFile
{
    /// <summary>Each <c>key=value</c> with its section; comments and anything else are passed over.</summary>
    public static IEnumerable<(string Section, string Key, string Value, SourceLine Source)> Read(ConfigFile file)
    {
        string section = "";
        foreach (var line in SystemdLines.Read(file.Content))
        {
            string text = line.Text.Trim();
            if (text.Length == 0 || text[0] is '#' or ';')
            {
                continue;
            }

            if (text[0] == '[' && text[^1] == ']')
            {
                section = text[1..^1];
            }
            else if (text.IndexOf('=') is > 0 and int equals)
            {
                yield return (section, text[..equals].TrimEnd(), text[(equals + 1)..].Trim(), new SourceLine(file.Path, line.Line));
            }
        }
    }

    /// <summary>A switch as systemd reads it; null for anything else.</summary>
    public static bool? Flag(string value) => value.ToLowerInvariant() switch
    {
        "1" or "yes" or "y" or "true" or "t" or "on" => true,
        "0" or "no" or "n" or "false" or "f" or "off" => false,
        _ => null,
    };
}

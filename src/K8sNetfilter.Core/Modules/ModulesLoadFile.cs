using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>
/// The grammar of modules-load.d(5): a name a line, with the white space around it taken off; an empty line, or one that starts with
/// <c>#</c> or <c>;</c>, is nothing. A comment behind a name is no comment: it becomes a part of a name that no module has.
/// </summary>
public static class ModulesLoadFile
{
    internal static readonly char[] WhiteSpace = [' ', '\t', '\n', '\r'];

    /// <summary>Reads one file.</summary>
    public static IEnumerable<ModulesLoadEntry> Parse(ConfigFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        foreach (var line in SystemdLines.Read(file.Content))
        {
            string name = line.Text.Trim(WhiteSpace);
            if (name.Length != 0 && name[0] is not ('#' or ';'))
            {
                yield return new ModulesLoadEntry(name, new SourceLine(file.Path, line.Line));
            }
        }
    }
}

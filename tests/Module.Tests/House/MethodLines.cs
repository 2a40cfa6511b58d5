using dnlib.DotNet;
using dnlib.DotNet.Pdb;

namespace K8sNetfilter.Tests.House;

/// <summary>
/// How many lines of its file each method takes, from its first statement to its last, read from the sequence points of a portable PDB.
/// What the compiler makes of a method (an iterator, an asynchronous method, a lambda) counts under the name that its author gave it.
/// </summary>
internal static class MethodLines
{
    private const int Hidden = 0xfeefee;

    /// <summary>The longest body of each name, "Room.Type.Method": overloads share one.</summary>
    public static Dictionary<string, int> Of(string path)
    {
        using var module = ModuleDefMD.Load(path, new ModuleCreationOptions { TryToLoadPdbFromDisk = true });
        Assert.True(module.PdbState is not null, $"{path} has no PDB");
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody))
        {
            int length = Length(method);
            if (length > 0)
            {
                string name = Name(method);
                lines[name] = Math.Max(length, lines.GetValueOrDefault(name));
            }
        }

        return lines;
    }

    private static int Length(MethodDef method)
    {
        int first = int.MaxValue, last = 0;
        foreach (var point in method.Body.Instructions.Select(i => i.SequencePoint).OfType<SequencePoint>())
        {
            // What a generator wrote (a regular expression) nobody reads.
            if (point.StartLine != Hidden && !point.Document.Url.EndsWith(".g.cs", StringComparison.Ordinal))
            {
                first = Math.Min(first, point.StartLine);
                last = Math.Max(last, point.EndLine);
            }
        }

        return first > last || method.IsConstructor ? 0 : last - first + 1;
    }

    private static string Name(MethodDef method)
    {
        var type = method.DeclaringType;
        string name = Given(method.Name);
        while (type.Name.String.StartsWith('<') && type.DeclaringType is { } outer)
        {
            name = Given(type.Name) is { Length: > 0 } kickoff ? kickoff : name;
            type = outer;
        }

        string full = type.FullName.Replace('/', '.');
        return $"{(full.StartsWith("K8sNetfilter.", StringComparison.Ordinal) ? full["K8sNetfilter.".Length..] : full)}.{name}";
    }

    // <Read>d__3, <Read>b__0 and <Read>g__Local|0 are parts of Read; a local function keeps its own name.
    private static string Given(string name) => name switch
    {
        ['<', ..] when name.IndexOf(">g__", StringComparison.Ordinal) is > 0 and var at => $"{name[1..at]}.{name[(at + 4)..].Split('|')[0]}",
        ['<', ..] when name.IndexOf('>') is > 1 and var at => name[1..at],
        ['<', ..] => "",
        _ => name,
    };
}

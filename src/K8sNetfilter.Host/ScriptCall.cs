using System.Text;

namespace K8sNetfilter.Host;

/// <summary>Calls a script with arguments that come from a shell: each arrives whole, whatever characters it holds.</summary>
internal static class ScriptCall
{
    /// <summary>The PowerShell text of the call. The script's own <c>exit n</c> becomes the exit code.</summary>
    public static string Text(string path, IEnumerable<string> arguments)
    {
        var text = new StringBuilder("& ").Append(Quoted(path));
        foreach (string argument in arguments)
        {
            text.Append(' ').Append(Word(argument));
        }

        // Where the script never ran, or a program that it called did well, the number says nothing of it.
        return text.Append("\nif (-not $? -and $LASTEXITCODE) { exit $LASTEXITCODE }").ToString();
    }

    /// <summary>A parameter's name stays a name, <c>-Switch:$false</c> stays a switch; all else is a value.</summary>
    private static string Word(string argument)
    {
        int colon = argument.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? argument : argument[..colon];
        if (name.Length < 2 || name[0] != '-' || !char.IsAsciiLetter(name[1]) || !name[1..].All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            return Quoted(argument);
        }

        string value = colon < 0 ? "" : argument[(colon + 1)..];
        return colon < 0 || value.Length == 0
            ? argument
            : $"{name}:{(value.ToLowerInvariant() is "$true" or "$false" or "$null" ? value : Quoted(value))}";
    }

    /// <summary>PowerShell takes the typographic quotation marks for quotes too, so each of them is doubled.</summary>
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (char c in text)
        {
            quoted.Append(c);
            if (c is '\'' or '\u2018' or '\u2019' or '\u201a' or '\u201b')
            {
                quoted.Append(c);
            }
        }

        return quoted.Append('\'').ToString();
    }
}

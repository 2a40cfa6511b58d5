using System.Buffers;

namespace K8sNetfilter.Modules;

/// <summary>What an install command of modprobe.d(5) does, as far as that follows from its text.</summary>
public static class InstallCommand
{
    private static readonly SearchValues<char> ShellSyntax = SearchValues.Create(";|&`$()<>{}\n\\");

    /// <summary>
    /// Whether the command certainly loads nothing and how it ends: true for success, false for failure; null where only running it
    /// would show (another program, several commands, an expansion).
    /// </summary>
    public static bool? EndsWithoutLoading(string command)
    {
        ArgumentNullException.ThrowIfNull(command);
        int comment = command.IndexOf(" #", StringComparison.Ordinal);
        string text = (comment < 0 ? command : command[..comment]).Trim(' ', '\t');
        if (text.AsSpan().IndexOfAny(ShellSyntax) >= 0)
        {
            return null;
        }

        string[] words = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        int first = words is ["exec", ..] ? 1 : 0;
        if (first >= words.Length)
        {
            return null;
        }

        // Only the places where these programs are: a "false" somewhere else may be anything.
        string program = words[first];
        foreach (string folder in (string[])["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"])
        {
            program = program.StartsWith(folder, StringComparison.Ordinal) ? program[folder.Length..] : program;
        }

        // In a file with CR LF the CR belongs to the last word: no shell finds a program of that name.
        return program.EndsWith('\r') ? false : program switch
        {
            "true" or ":" or "echo" or "printf" or "logger" => true,
            "false" or "nologin" => false,
            "exit" => words.Length == first + 1 || words[first + 1] == "0",
            _ => null,
        };
    }
}

using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Host.Engine;

/// <summary>Says an error record in a line, as a tool does: who says it, where in which script, and what.</summary>
internal static class ErrorText
{
    /// <summary>The line for <paramref name="error"/>.</summary>
    public static string For(ErrorRecord error)
    {
        // A failure of the module says in its exception's message what happened and what to do next.
        string message = error.Exception is NodeException known ? known.Message : error.ErrorDetails?.Message ?? error.Exception.Message;
        if (error.Exception is CommandNotFoundException unknown)
        {
            return Place(error) + UnknownCommand.Explain(unknown.CommandName);
        }

        string command = error.InvocationInfo?.MyCommand is CmdletInfo or FunctionInfo ? error.InvocationInfo.MyCommand.Name : "k8snf";
        return $"{Place(error)}{command}: {message.TrimEnd()}";
    }

    /// <summary>The lines for text that does not parse: the place, what is wrong, the line itself and a mark below it.</summary>
    public static string For(ParseError error)
    {
        var at = error.Extent;
        string place = at.File is null ? "" : $"{at.File}:{at.StartLineNumber}: ";
        string line = at.StartScriptPosition.Line.TrimEnd();
        int indent = Math.Min(at.StartColumnNumber - 1, line.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{place}k8snf: {error.Message}\n  {line}\n  {new string(' ', indent)}^");
    }

    private static string Place(ErrorRecord error) =>
        error.InvocationInfo is { ScriptName.Length: > 0 } at ? string.Create(CultureInfo.InvariantCulture, $"{at.ScriptName}:{at.ScriptLineNumber}: ") : "";
}

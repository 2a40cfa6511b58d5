using System.Collections;
using System.Management.Automation.Language;
using K8sNetfilter.Errors;
using K8sNetfilter.Host.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Processes;
using K8sNetfilter.Text;

namespace K8sNetfilter.Host;

/// <summary>
/// Starts this program again in a user namespace of its own, user_namespaces(7), where somebody who is not root wants the lab: there he
/// may make the lab's network namespaces, and nothing of the node's.
/// </summary>
internal static class UserNamespace
{
    private const string Command = "Test-ServiceHairpin";

    // Set in the second start, which is the last.
    private const string Mark = "K8SNF_USER_NAMESPACE";

    private static readonly (string Key, string Forbids)[] Switches =
    [
        ("user/max_user_namespaces", "0"),
        ("kernel/unprivileged_userns_clone", "0"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
    ];

    /// <summary>Starts again where that is needed and can be done, and does not come back then.</summary>
    /// <param name="commandLine">What is asked for.</param>
    /// <param name="arguments">The program's arguments.</param>
    /// <returns>Null where it is not needed; otherwise why it cannot be done, as a sentence.</returns>
    public static string? Enter(CommandLine commandLine, IReadOnlyList<string> arguments)
    {
        // Scripts stay where they are: what else they do is not known, and in a user namespace files seem to have other owners.
        if (commandLine.Mode != CommandMode.Text || !commandLine.Text.Contains(Command, StringComparison.OrdinalIgnoreCase)
            || !OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Mark) is not null
            || (Capabilities.Has(Capabilities.SysAdmin) && Capabilities.Has(Capabilities.NetAdmin)) || !IsLabAlone(commandLine.Text))
        {
            return null;
        }

        if (ToolProcess.Find("unshare") is not { } unshare || Environment.ProcessPath is not { } program)
        {
            return "There is no unshare (util-linux) to make a user namespace with.";
        }

        if (Refusal(unshare) is { } refusal)
        {
            return refusal;
        }

        // Started as `dotnet k8snf.dll`, the program is the runtime and its first argument the assembly.
        string[] runtime = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}").Append(Mark + "=1");
        Libc.Execute(unshare, ["unshare", "--user", "--map-root-user", "--", program, .. runtime, .. arguments], environment);
        return $"{unshare} was not started.";
    }

    /// <summary>
    /// True where the text asks for the lab and for nothing else of this module's: the other commands are about the node, whose owner the
    /// user does not become.
    /// </summary>
    internal static bool IsLabAlone(string text)
    {
        bool any = false;
        foreach (var found in Parser.ParseInput(text, out _, out _).FindAll(ast => ast is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>())
        {
            string name = found.GetCommandName() ?? "";
            name = name[(name.LastIndexOf('\\') + 1)..];
            if (name.Equals(Command, StringComparison.OrdinalIgnoreCase) && found.CommandElements.Any(IsLab))
            {
                any = true;
            }
            else if (Engine.ModuleCmdlets.All.ContainsKey(name))
            {
                return false;
            }
        }

        return any;
    }

    private static bool IsLab(CommandElementAst element) =>
        element is CommandParameterAst { ParameterName: { Length: > 0 } name } parameter && "Lab".StartsWith(name, StringComparison.OrdinalIgnoreCase)
        && parameter.Argument is not VariableExpressionAst { VariablePath.UserPath: "false" };

    /// <summary>Tries it with a program that does nothing; what the kernel forbids is said with the setting that forbids it.</summary>
    private static string? Refusal(string unshare)
    {
        string said;
        try
        {
            using var trial = ToolProcess.Start(unshare, ["--user", "--map-root-user", "--net", "true"], CancellationToken.None);
            if (trial.WaitForExit() == 0)
            {
                return null;
            }

            said = trial.ErrorText;
        }
        catch (NodeException failure)
        {
            said = failure.Message;
        }

        var sysctls = new LiveNode(KernelRoot.Live, null).Sysctls;
        var forbidding = Switches.Where(s => sysctls.ReadValue(s.Key)?.Trim() == s.Forbids).Select(s => $"{s.Key.Replace('/', '.')} is {s.Forbids}");
        string because = string.Join(", ", forbidding);
        return $"A user namespace, which would do without root, was refused: {Printable.Text(said.Trim())}{(because.Length == 0 ? "" : $" ({because})")}.";
    }
}

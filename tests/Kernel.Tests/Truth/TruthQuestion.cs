using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Net.Sockets;
using K8sNetfilter.Commands;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Truth;

/// <summary>The cmdlets, in an engine, as a user has them: about the live node or a snapshot of it.</summary>
internal sealed class TruthQuestion : IDisposable
{
    private readonly Runspace _runspace;

    public TruthQuestion()
    {
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Trace-NetfilterPacket", typeof(TraceNetfilterPacketCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Test-ServiceHairpin", typeof(TestServiceHairpinCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Set-NodeSysctl", typeof(SetNodeSysctlCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Get-ConntrackEntry", typeof(GetConntrackEntryCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Remove-ConntrackEntry", typeof(RemoveConntrackEntryCommand), null));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        _runspace.SessionStateProxy.SetVariable("ConfirmPreference", ConfirmImpact.None);
    }

    /// <summary>What the walk says of a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="where">NetNamespace or Snapshot.</param>
    /// <param name="value">Its value.</param>
    /// <param name="problems">What was said besides.</param>
    public List<WalkBranch> Trace(TruthCall call, string where, string value, List<string> problems)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddCommand("Trace-NetfilterPacket").AddParameter(where, value).AddParameter("Destination", call.To)
            .AddParameter("DestinationPort", call.Port)
            .AddParameter("Protocol", call.Protocol == ProtocolType.Tcp ? "tcp" : "udp").AddParameter("Summary");
        if (call.Source is not null)
        {
            shell.AddParameter("Source", call.Source);
        }

        if (call.SourcePort > 0)
        {
            shell.AddParameter("SourcePort", call.SourcePort);
        }

        if (call.OneWay)
        {
            shell.AddParameter("NoReply");
        }

        foreach (var (name, more) in call.Question)
        {
            shell.AddParameter(name, more);
        }

        return Invoke<WalkBranch>(shell, problems);
    }

    /// <summary>What the diagnosis says of all Services with an endpoint on the node.</summary>
    public List<ServiceHairpinResult> Diagnose(string where, string value, bool isPassive, List<string> problems)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddCommand("Test-ServiceHairpin").AddParameter(where, value);
        if (isPassive)
        {
            shell.AddParameter("Passive");
        }

        return Invoke<ServiceHairpinResult>(shell, problems);
    }

    /// <summary>Runs a command line, which must not fail.</summary>
    public void Do(string command)
    {
        using var shell = PowerShell.Create(_runspace).AddScript(command);
        shell.Invoke();
        if (shell.Streams.Error is [var error, ..])
        {
            throw new InvalidOperationException($"{command}: {error.Exception.Message}");
        }
    }

    public void Dispose() => _runspace.Dispose();

    private static List<T> Invoke<T>(PowerShell shell, List<string> problems)
    {
        try
        {
            var output = shell.Invoke();
            problems.AddRange(shell.Streams.Error.Select(e => $"{e.FullyQualifiedErrorId}: {e.Exception.Message}"));
            return [.. output.Select(o => o.BaseObject).OfType<T>()];
        }
        catch (RuntimeException failure)
        {
            problems.Add($"{failure.ErrorRecord.FullyQualifiedErrorId}: {failure.Message}");
            return [];
        }
    }
}

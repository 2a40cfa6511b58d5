using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis.Probe;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>
/// Runs scenarios on this kernel, in private namespaces, with real traffic, and says what happened. The node itself is not touched.
/// </summary>
public static class HairpinLab
{
    // Every scenario mostly waits; more at once than this gain nothing on two processors.
    private const int AtOnce = 12;

    /// <summary>
    /// How long the client waits. An answer takes less than a millisecond; a lost packet is sent again after a second. What should have
    /// worked and did not is tried again with more time, so that a busy machine is not taken for a broken one.
    /// </summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1.2), SecondWait = TimeSpan.FromSeconds(6);

    /// <summary>Fails where this process may not build namespaces, before anything is tried.</summary>
    /// <exception cref="NodeException">With the capability that is missing and the ways to get it.</exception>
    public static void Require()
    {
        try
        {
            NetworkNamespace.Create(DiagnosisMessages.Lab).Dispose();
        }
        catch (NodeException failure) when (failure.Category == NodeErrorCategory.PermissionDenied)
        {
            var said = NodeException.Create(Messages.ResourceManager, nameof(Messages.LabNotPermitted), NodeErrorCategory.PermissionDenied);
            said.Errno = failure.Errno;
            throw said;
        }
    }

    /// <summary>Runs scenarios side by side and gives their results in the scenarios' order, each as soon as it can be given.</summary>
    /// <param name="scenarios">The scenarios.</param>
    /// <param name="cancellation">Ends the run; what was built is removed.</param>
    public static IEnumerable<LabResult> Run(IReadOnlyList<LabScenario> scenarios, CancellationToken cancellation) =>
        Run(scenarios, null, cancellation);

    /// <summary>
    /// As <see cref="Run(IReadOnlyList{LabScenario}, CancellationToken)"/>, with something done to each node before its call, which may say
    /// that the call should work or should not.
    /// </summary>
    internal static IEnumerable<LabResult> Run(IReadOnlyList<LabScenario> scenarios, Func<LabNode, LabScenario, bool?>? arrange,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(scenarios);
        RuntimeThreads.StartForSockets();
        var results = new BlockingCollection<LabResult>[scenarios.Count];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = [];
        }

        int next = -1;
        var workers = new Thread[Math.Min(AtOnce, scenarios.Count)];
        for (int w = 0; w < workers.Length; w++)
        {
            // Threads of their own: the pool would start them one by one.
            workers[w] = new Thread(() =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < scenarios.Count;)
                {
                    try
                    {
                        results[i].Add(RunOne(scenarios[i], arrange, cancellation));
                    }
                    catch (OperationCanceledException)
                    {
                    }
                    finally
                    {
                        results[i].CompleteAdding();
                    }
                }
            })
            { IsBackground = true, Name = "lab" };
            workers[w].Start();
        }

        try
        {
            for (int i = 0; i < results.Length; i++)
            {
                foreach (var result in results[i].GetConsumingEnumerable(cancellation))
                {
                    yield return result;
                }
            }
        }
        finally
        {
            // Also when the caller stops early: nothing is left running, and nothing that was built is left.
            Interlocked.Exchange(ref next, scenarios.Count);
            foreach (var worker in workers)
            {
                worker.Join();
            }

            foreach (var result in results)
            {
                result.Dispose();
            }
        }
    }

    private static LabResult RunOne(LabScenario scenario, Func<LabNode, LabScenario, bool?>? arrange, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var addresses = LabAddresses.For(scenario.Family, scenario.Target);
        var predicted = LabPrediction.For(scenario, addresses);
        try
        {
            using var lab = new LabNode(scenario, cancellation);
            bool shouldWork = arrange?.Invoke(lab, scenario) ?? predicted.Verdict == ServiceVerdict.Works;
            var (observed, entry) = Call(lab, scenario, addresses, shouldWork, cancellation);
            var remedy = observed is LabObservation.Connected or LabObservation.NotRun || predicted.Verdict == ServiceVerdict.Works ? null
                : LabRemedy.For(scenario, addresses, LabNode.HasSwitch(scenario.Family));
            // Done on the lab's node and tried: of one that somebody else arranged, nobody knows what its settings are.
            var gives = remedy is null || arrange is not null || (remedy.Mended.Call && !LabNode.HasSwitch(scenario.Family))
                ? (ServiceVerdict?)null : Mend(lab, remedy.Mended, addresses, cancellation);
            return Result(scenario, addresses, predicted, observed, entry, evidence: null, clock.Elapsed, gives == ServiceVerdict.Broken
                ? null : remedy?.Text, gives);
        }
        catch (NodeException failure)
        {
            return Result(scenario, addresses, predicted, LabObservation.NotRun, entry: null,
                $"{failure.Message} {failure.RecommendedAction}", clock.Elapsed);
        }
        catch (SocketException failure)
        {
            return Result(scenario, addresses, predicted, LabObservation.NotRun, entry: null, failure.Message, clock.Elapsed);
        }
    }

    private static ServiceVerdict Mend(LabNode lab, LabScenario mended, LabAddresses addresses, CancellationToken cancellation)
    {
        lab.Become(mended, cancellation);
        return Call(lab, mended, addresses, shouldWork: true, cancellation).Observed == LabObservation.Connected
            ? ServiceVerdict.Works : ServiceVerdict.Broken;
    }

    private static (LabObservation Observed, ConntrackEntry? Entry) Call(
        LabNode lab, LabScenario scenario, LabAddresses addresses, bool shouldWork, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var server = lab.Endpoint.Run(() => new LabServer(scenario.Family, scenario.Protocol, addresses.Endpoint.Port));
        var serving = new Thread(() => server.Serve(stop.Token)) { IsBackground = true, Name = "lab server" };
        serving.Start();
        try
        {
            byte[] payload = new byte[scenario.PayloadBytes];
            Random.Shared.NextBytes(payload);
            foreach (var wait in (TimeSpan[])[Wait, SecondWait])
            {
                using var call = lab.Client.Run(() => new ServiceCall(addresses.Service, scenario.Protocol));
                var observed = call.Make(payload, wantEcho: true, wait, cancellation);
                if (observed == LabObservation.Connected || !shouldWork || wait == SecondWait)
                {
                    return (observed, FindEntry(lab, scenario, addresses, call.SourcePort, cancellation));
                }
            }

            throw new UnreachableException();
        }
        finally
        {
            stop.Cancel();
            serving.Join();
        }
    }

    /// <summary>The entry that the call left on the node; it outlives the connection.</summary>
    private static ConntrackEntry? FindEntry(
        LabNode lab, LabScenario scenario, LabAddresses addresses, int sourcePort, CancellationToken cancellation)
    {
        var filter = new ConntrackFilter
        {
            Family = scenario.Family == AddressFamily.InterNetworkV6 ? IPFamily.IPv6 : IPFamily.IPv4,
            SourcePorts = [(ushort)sourcePort],
        };
        var table = new ConntrackTable(KernelRoot.Live, new PinnedNamespace(KernelRoot.Live, lab.Node));
        return table.Read(filter, _ => { }, cancellation)?.FirstOrDefault(entry =>
            entry.Destination == addresses.ServiceAddress.ToString());
    }

    private static LabResult Result(
        LabScenario scenario, LabAddresses addresses, LabPrediction predicted, LabObservation observed, ConntrackEntry? entry,
        string? evidence,
        TimeSpan elapsed, string? remedy = null, ServiceVerdict? gives = null)
    {
        var verdict = observed switch
        {
            LabObservation.NotRun => ServiceVerdict.Unknown,
            LabObservation.Connected => ServiceVerdict.Works,
            _ => ServiceVerdict.Broken,
        };
        bool agrees = verdict == predicted.Verdict;
        return new LabResult
        {
            Scenario = scenario.Name,
            Family = scenario.Family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4",
            Service = "lab",
            ServiceIP = addresses.ServiceAddress.ToString(),
            Port = addresses.Service.Port,
            Protocol = scenario.Protocol == ProtocolType.Tcp ? "tcp" : "udp",
            SourcePod = addresses.Client,
            Endpoint = addresses.Endpoint.ToString(),
            Bridge = scenario.Target is LabTarget.SameBridge or LabTarget.OwnService ? "br0" : null,
            BridgeNetfilter = scenario.Effective,
            Hairpin = scenario.Hairpin,
            Settings = Settings(scenario),
            Expected = predicted.Verdict,
            Observed = observed,
            Verdict = verdict,
            Cause = verdict == ServiceVerdict.Works ? ServiceHairpinCause.None : agrees ? predicted.Cause : ServiceHairpinCause.Unknown,
            ReplyPath = agrees ? predicted.ReplyPath : "?",
            ConntrackEntry = entry?.ToString(),
            IsReplied = entry is null ? null : !entry.IsUnreplied,
            Evidence = evidence ?? entry?.ToString() ?? DiagnosisMessages.NoEntry,
            Remedy = remedy,
            RemedyGives = remedy is null ? null : gives,
            Why = observed == LabObservation.NotRun ? evidence
                : agrees ? predicted.Why
                : DiagnosisMessages.NotAsPredicted(predicted.Verdict),
            Elapsed = Math.Round(elapsed.TotalSeconds, 3),
        };
    }

    private static string Settings(LabScenario s) => string.Create(
        CultureInfo.InvariantCulture,
        $"call={Bit(s.Call)} bridge={Bit(s.BridgeFlag)} hairpin={Bit(s.Hairpin)} masquerade={s.Masquerade} forwarding={Bit(s.Forwarding)} "
        + $"drop={Bit(s.ForwardDrop)} promiscuous={Bit(s.Promiscuous)} target={s.Target} bytes={s.PayloadBytes}");

    private static int Bit(bool on) => on ? 1 : 0;
}

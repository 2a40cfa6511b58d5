using System.Diagnostics;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Truth;

/// <summary>One machine or pod of a set-up: a network namespace, with a process in it where the node should be able to find it as a pod.</summary>
internal sealed class TruthMachine : IDisposable
{
    private readonly Process? _process;

    public TruthMachine(string name, bool isPod)
    {
        Name = name;
        Space = NetworkNamespace.Create(name);
        Space.Run(() =>
        {
            // Addresses are there at once: nothing waits for duplicates.
            foreach (string of in (string[])["all", "default"])
            {
                File.WriteAllText($"/proc/sys/net/ipv6/conf/{of}/accept_dad", "0");
                File.WriteAllText($"/proc/sys/net/ipv6/conf/{of}/router_solicitations", "0");
                File.WriteAllText($"/proc/sys/net/ipv4/conf/{of}/rp_filter", "0");
            }
        });
        _process = isPod ? Space.Run(() => Process.Start("sleep", "900")) : null;
    }

    public string Name { get; }

    public NetworkNamespace Space { get; }

    /// <summary>A path to its namespace that other processes can open.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{Space.Descriptor}";

    /// <summary>The process of the pod; null for other machines.</summary>
    public int? Pid => _process?.Id;

    public void Dispose()
    {
        if (_process is not null)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        Space.Dispose();
    }

    public override string ToString() => Name;
}

using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.Ipset;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;

namespace K8sNetfilter.Snapshots.Writing;

/// <summary>The rules of both backends, what kube-proxy's other modes have in their place, and the hooks.</summary>
public sealed partial class SnapshotExport
{
    // Rules, kube-proxy's own table and the hooks are of one moment, or are left out: what is put together of two was never in the kernel.
    private void CaptureRules()
    {
        if (!_node.IsLive)
        {
            return;
        }

        var source = new LiveRulesetSource(_node.Root, _node.Network);
        for (int attempt = 1; ; attempt++)
        {
            var generations = new HashSet<uint>();
            var parts = new List<(string Name, Action<Stream> Write)>();
            var failed = new List<(string Name, NodeException Failure)>();
            KernelHooks? hooks = null;
            Gather(failed, "hooks", () => hooks = source.ReadHooks(_stop));
            Note(generations, hooks?.Generation);
            GatherRules(source, parts, failed, generations);
            if (generations.Count > 1 && attempt < SteadyRuleset.Tries)
            {
                continue;
            }

            failed.ForEach(f => Leave(f.Name, f.Failure));
            if (generations.Count > 1)
            {
                Leave(SnapshotMessages.PartRules, SteadyRuleset.Failure("nft"));
                return;
            }

            foreach (var (name, write) in parts)
            {
                using var output = Create(name);
                write(output);
            }

            CaptureHooks(hooks);
            break;
        }

        Try(SnapshotNames.VirtualServers[0], () =>
        {
            if (source.ReadVirtualServers(_stop) is { } servers && _written.Add("/" + SnapshotNames.VirtualServers[0]))
            {
                Text(SnapshotNames.VirtualServers[0], string.Concat(servers.Select(l => l + "\n")));
            }
        });
    }

    private void GatherRules(
        LiveRulesetSource source, List<(string Name, Action<Stream> Write)> parts, List<(string Name, NodeException Failure)> failed,
        HashSet<uint> generations)
    {
        foreach (var family in new[] { IPFamily.IPv4, IPFamily.IPv6 })
        {
            foreach (var backend in new[] { NetfilterBackend.Legacy, NetfilterBackend.Nft })
            {
                string name = SnapshotNames.Rules(backend, family);
                Gather(failed, name, () =>
                {
                    // Into the snapshot only once it is known that the tool could print them: an empty file would say that there are none.
                    var dump = source.Save(backend, family, out uint? generation, _stop);
                    Note(generations, generation);
                    parts.Add((name, dump.CopyTo));
                });
            }

            string services = SnapshotNames.NftServices(family)[0];
            Gather(failed, services, () =>
            {
                if (source.ReadNftTable(family, NftServiceReader.Table, out uint? generation, _stop) is { } table)
                {
                    Note(generations, generation);
                    parts.Add((services, o => o.Write(table.Span)));
                }
            });
        }
    }

    // Without a set there is a line nevertheless: an empty file would be that of a tool that is not there.
    private void CaptureIpsets()
    {
        var sets = _node.Ipsets.ReadIpsets(_stop);
        if (!sets.IsKnown)
        {
            return;
        }

        using var output = Writer(SnapshotNames.Ipsets[0]);
        if (sets.Sets.Count == 0)
        {
            output.Write("# no set\n");
        }

        IpsetText.Write(output, _redaction?.Sets(sets) ?? sets, _stop);
    }

    private static void Note(HashSet<uint> generations, uint? generation)
    {
        if (generation is { } known)
        {
            generations.Add(known);
        }
    }

    private static void Gather(List<(string Name, NodeException Failure)> failed, string name, Action work)
    {
        try
        {
            work();
        }
        catch (NodeException failure)
        {
            failed.Add((name, failure));
        }
    }

    // An empty file would be that of a tool that is not there.
    private void CaptureLayerTwo(string name, Func<string?> print) => Try(name, () =>
    {
        if (print() is not "" and var text)
        {
            Text(name, text ?? "# no table\n");
        }
    });

    private void CaptureHooks(KernelHooks? hooks)
    {
        if (hooks is not null)
        {
            Json(SnapshotNames.NftChains[0], o => NftChainJson.Write(o, hooks.BaseChains));
            var layerTwo = new LayerTwoTables(_node.Root, _node.Network);
            CaptureLayerTwo(SnapshotNames.Ebtables[0], () => layerTwo.BridgeText(hooks.Entries, _stop));
            CaptureLayerTwo(SnapshotNames.Arptables[0], () => layerTwo.ArpText(_stop));
            if (hooks.Entries is { } entries)
            {
                Text(SnapshotNames.NftHooks[0], NftHookText.Format(entries));
            }
        }
    }
}

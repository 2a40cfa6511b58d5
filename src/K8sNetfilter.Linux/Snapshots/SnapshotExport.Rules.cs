using K8sNetfilter.Packets;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;

namespace K8sNetfilter.Snapshots;

/// <summary>The rules of both backends, what kube-proxy's other modes have in their place, and the hooks.</summary>
public sealed partial class SnapshotExport
{
    private void CaptureRules()
    {
        if (!_node.IsLive)
        {
            return;
        }

        var source = new LiveRulesetSource(_node.Root, _node.Network);
        foreach (var family in new[] { IPFamily.IPv4, IPFamily.IPv6 })
        {
            foreach (var backend in new[] { NetfilterBackend.Legacy, NetfilterBackend.Nft })
            {
                string name = SnapshotNames.Rules(backend, family);
                Try(name, () =>
                {
                    // Into the snapshot only once it is known that the tool could print them: an empty file would say that there are none.
                    using var dump = source.Save(backend, family, _stop);
                    using var output = Create(name);
                    dump.CopyTo(output);
                });
            }

            string services = SnapshotNames.NftServices(family)[0];
            Try(services, () =>
            {
                if (source.ReadNftTable(family, NftServiceReader.Table, _stop) is { } table)
                {
                    using var output = Create(services);
                    output.Write(table.Span);
                }
            });
        }

        Try(SnapshotNames.VirtualServers[0], () =>
        {
            if (source.ReadVirtualServers(_stop) is { } servers && _written.Add("/" + SnapshotNames.VirtualServers[0]))
            {
                Text(SnapshotNames.VirtualServers[0], string.Concat(servers.Select(l => l + "\n")));
            }
        });
    }

    // An empty file would be that of a tool that is not there.
    private void CaptureLayerTwo(string name, Func<string?> print) => Try(name, () =>
    {
        if (print() is not "" and var text)
        {
            Text(name, text ?? "# no table\n");
        }
    });

    private void CaptureHooks()
    {
        if (_node.Rulesets.ReadHooks(_stop) is { } hooks)
        {
            Json(SnapshotNames.NftChains[0], o => NftChainJson.Write(o, hooks.BaseChains));
            var layerTwo = new LayerTwoTables(_node.Root, _node.Network);
            CaptureLayerTwo(SnapshotNames.Ebtables[0], () => layerTwo.BridgeText(hooks.Entries, _stop));
            CaptureLayerTwo(SnapshotNames.Arptables[0], () => layerTwo.ArpText(_stop));
            if (hooks.Entries is { } entries)
            {
                Text(SnapshotNames.NftHooks[0], HookText.Format(entries));
            }
        }
    }
}

namespace K8sNetfilter.Tests.Truth;

/// <summary>All set-ups. A file has those of a few kinds.</summary>
internal static class AllSetUps
{
    public static IEnumerable<SetUp> List() =>
        [
            .. SameNodeSetUps.List(), .. NodePortSetUps.List(), .. LeavingSetUps.List(), .. PolicyRoutingSetUps.List(),
                .. ConntrackSetUps.List(),
            .. LocalSetUps.List(), .. EndpointSetUps.List(), .. ForwardingSetUps.List(), .. OtherFamilySetUps.List(),
                .. Layer2SetUps.List(), .. LengthSetUps.List(), .. RemedySetUps.List(), .. DiscoverySetUps.List(), .. PodSetUps.List(),
        ];

    /// <summary>One for IPv4 and one for IPv6.</summary>
    public static IEnumerable<SetUp> Both(string kind, string name, Action<TruthNode> arrange) =>
        [new SetUp(kind, name, false, arrange), new SetUp(kind, name, true, arrange)];

    /// <summary>One for IPv4.</summary>
    public static SetUp Only(string kind, string name, Action<TruthNode> arrange) => new(kind, name, false, arrange);
}

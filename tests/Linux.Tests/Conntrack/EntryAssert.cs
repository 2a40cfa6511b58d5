using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Tests.Conntrack;

/// <summary>Compares entries by what both a message and a line of text can say.</summary>
internal static class EntryAssert
{
    /// <summary>Fails where the two are not the same entry with the same properties.</summary>
    public static void Same(ConntrackEntry expected, ConntrackEntry actual, int secondsBetween = 0)
    {
        Assert.Equal(
            (expected.Family, expected.Protocol, expected.Source, expected.SourcePort, expected.Destination, expected.DestinationPort),
            (actual.Family, actual.Protocol, actual.Source, actual.SourcePort, actual.Destination, actual.DestinationPort));
        Assert.Equal(
            (expected.ReplySource, expected.ReplySourcePort, expected.ReplyDestination, expected.ReplyDestinationPort, expected.State, expected.Id),
            (actual.ReplySource, actual.ReplySourcePort, actual.ReplyDestination, actual.ReplyDestinationPort, actual.State, actual.Id));
        Assert.Equal(
            (expected.Mark, expected.Zone, expected.ZoneDirection, expected.Helper, expected.Timeout is null),
            (actual.Mark, actual.Zone, actual.ZoneDirection, actual.Helper, actual.Timeout is null));
        Assert.Equal(
            (expected.Packets, expected.Bytes, expected.ReplyPackets, expected.ReplyBytes),
            (actual.Packets, actual.Bytes, actual.ReplyPackets, actual.ReplyBytes));
        Assert.Equal(
            (expected.IsUnreplied, expected.IsAssured, expected.IsDnat, expected.IsSnat),
            (actual.IsUnreplied, actual.IsAssured, actual.IsDnat, actual.IsSnat));
        Assert.Equal(
            (expected.IcmpType, expected.IcmpCode, expected.IcmpId, expected.ReplyIcmpType, expected.ReplyIcmpId, expected.SourceKey, expected.ReplySourceKey),
            (actual.IcmpType, actual.IcmpCode, actual.IcmpId, actual.ReplyIcmpType, actual.ReplyIcmpId, actual.SourceKey, actual.ReplySourceKey));
        if (expected.Timeout is { } first && actual.Timeout is { } second)
        {
            Assert.InRange(Math.Abs(first - second), 0, secondsBetween);
        }
    }
}

using System.Reflection;
using System.Runtime.CompilerServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Tests.Simulation;

public sealed class BranchJoinTests
{
    // Why two branches may join although they differ in it.
    private static readonly Dictionary<string, string> Exempt = new()
    {
        ["Branch"] = "its number",
        ["Parent"] = "the number of the branch that it forked from",
        ["Probability"] = "the joined branch has that of both",
        ["Assumptions"] = "joined, or kept apart, by Assumption.TryJoin",
        ["Frames"] = "the place inside a base chain, which SamePlace compares",
        ["Depth"] = "the place inside a base chain, which SamePlace compares",
        ["ChainMark"] = "what one base chain found: all branches inside of it come from one packet, and outside nothing reads it",
        ["ChainTos"] = "as ChainMark",
        ["ChainTtl"] = "as ChainMark",
        ["ChainSource"] = "as ChainMark",
        ["ChainDestination"] = "as ChainMark",
        ["EntryInterface"] = "of the packet that the whole walk is about",
        ["EntryLocal"] = "of the packet that the whole walk is about",
        ["Options"] = "of the whole walk",
        ["End.LeftAsItWas"] = "where to look further: what it left as it was is compared in the connection",
        ["End.SourceNatBy"] = "where to look further: what it changed is compared in the connection",
    };

    public static TheoryData<string> Fields => [.. Paths()];

    [Theory]
    [MemberData(nameof(Fields))]
    public void Branches_that_differ_in_a_field_do_not_join(string path)
    {
        var (one, other) = (Ended(), Ended());
        Assert.True(one.SameAs(other));
        Differ(other, path.Split('.'));

        Assert.Equal(Exempt.ContainsKey(path), one.SameAs(other));
        Assert.Equal(Exempt.ContainsKey(path), other.SameAs(one));
    }

    [Fact]
    public void Each_exempt_field_is_a_field_of_a_branch() => Assert.Empty(Exempt.Keys.Except(Paths()));

    // Where a packet has ended, what explains its end counts too.
    private static BranchState Ended() => new() { Options = WalkOptions.Default, End = new() { Ended = true } };

    private static IEnumerable<string> Paths()
    {
        foreach (var field in typeof(BranchState).GetFields(BindingFlags.Instance | BindingFlags.Public))
        {
            if (field.FieldType == typeof(WalkPacket) || field.FieldType == typeof(WalkConnection) || field.FieldType == typeof(BranchEnd))
            {
                foreach (var part in field.FieldType.GetFields(BindingFlags.Instance | BindingFlags.Public))
                {
                    yield return $"{field.Name}.{part.Name}";
                }
            }
            else
            {
                yield return field.Name;
            }
        }

        // What few packets have stands beside the branch.
        foreach (var property in typeof(WalkAside).GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            yield return property.Name;
        }
    }

    private static void Differ(BranchState state, string[] path)
    {
        if (typeof(BranchState).GetProperty(path[0]) is { } property)
        {
            property.SetValue(state, Other(property.PropertyType, property.GetValue(state)));
            return;
        }

        var field = typeof(BranchState).GetField(path[0])!;
        object? value = field.GetValue(state);
        if (path.Length == 1)
        {
            field.SetValue(state, Other(field.FieldType, value));
            return;
        }

        var part = field.FieldType.GetField(path[1])!;
        part.SetValue(value, Other(part.FieldType, part.GetValue(value)));
        field.SetValue(state, value);
    }

    private static object Other(Type type, object? value)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(bool) ? !(bool)value!
            : type == typeof(string) ? value + "x"
            : type == typeof(double) ? 0.5
            : type.IsEnum ? Enum.GetValues(type).Cast<object>().First(v => !v.Equals(value))
            : type == typeof(byte) ? (byte)((byte)value! + 1)
            : type == typeof(int) ? (int)value! + 1
            : type == typeof(uint) ? (uint)value! ^ 1
            : type == typeof(ulong) ? (ulong)value! ^ 1
            : type == typeof(Bits128) ? (Bits128)value! + Bits128.One
            : type == typeof(WalkTuple) ? ((WalkTuple)value!) with { SourcePort = 7 }
            : type == typeof(WalkZone) ? RuntimeHelpers.GetUninitializedObject(type)
            : type.IsArray ? Array.CreateInstance(type.GetElementType()!, 1)
            : type == typeof(BranchState) ? new BranchState { Options = WalkOptions.Default, Stage = WalkStage.Egress, Packet = new() { SourcePort = 9 } }
            : RuntimeHelpers.GetUninitializedObject(type);
    }
}

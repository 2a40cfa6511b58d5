using Xunit.v3;

// Most of a test here is waiting for traffic, or for its absence: more of them at once than there are processors.
[assembly: Parallelization(MaxThreads = 4)]

namespace K8sNetfilter.Tests;

/// <summary>Tests that count what the whole process has open (threads, descriptors), or how often it gets to read while rules change.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

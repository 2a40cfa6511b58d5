namespace K8sNetfilter.Collections;

/// <summary>Things that one thread works on, one after the other.</summary>
internal sealed class OrderedBatch<TIn, TOut>(TIn[] items)
{
    public TIn[] Items { get; } = items;

    public TaskCompletionSource<List<TOut>> Outcomes { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

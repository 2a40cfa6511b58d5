using K8sNetfilter.Packets;

namespace K8sNetfilter.Diagnosis;

/// <summary>What a node has of one family.</summary>
/// <param name="Family">The family.</param>
/// <param name="Pods">Its pods.</param>
/// <param name="Others">What translates Services beside rules.</param>
/// <param name="Parts">What is not known of the node.</param>
internal sealed record HairpinGround(IPFamily Family, NodePods Pods, List<OtherTranslation> Others, UnknownParts Parts);

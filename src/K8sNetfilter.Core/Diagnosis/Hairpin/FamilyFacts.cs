using K8sNetfilter.Addressing;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>What a node has of one family.</summary>
/// <param name="Family">The family.</param>
/// <param name="Pods">Its pods.</param>
/// <param name="Others">What translates Services beside rules.</param>
/// <param name="Parts">What is not known of the node.</param>
internal sealed record FamilyFacts(IPFamily Family, NodePods Pods, List<NonIptablesTranslation> Others, UnknownParts Parts);

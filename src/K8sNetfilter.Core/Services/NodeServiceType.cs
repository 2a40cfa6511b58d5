namespace K8sNetfilter.Services;

/// <summary>How a Service is reached at one address and port.</summary>
public enum NodeServiceType : long
{
    /// <summary>At its cluster IP.</summary>
    ClusterIP,

    /// <summary>At any address of the node, on a port of the node.</summary>
    NodePort,

    /// <summary>At an external IP of the Service's specification; where it has no endpoints, the rules do not tell that from a load balancer's address.</summary>
    ExternalIP,

    /// <summary>At the address that a load balancer gave it.</summary>
    LoadBalancer,
}

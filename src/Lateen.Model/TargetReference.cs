namespace Lateen.Model;

/// <summary>Istio's PolicyTargetReference: a policy is attached to a resource instead of to workloads by labels.</summary>
public sealed record TargetReference(string Group, string Kind, string Name, string Namespace = "");

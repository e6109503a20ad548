using Lateen.Model.Services;

namespace Lateen.Translation;

/// <summary>One service port that the proxy's own workload serves.</summary>
/// <param name="TargetPort">The workload's port.</param>
public sealed record ServiceInstance(Service Service, ServicePort Port, int TargetPort);

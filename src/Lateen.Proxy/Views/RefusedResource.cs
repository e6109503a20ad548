namespace Lateen.Proxy.Views;

/// <summary>A resource whose last version was refused (config_dump: error_state).</summary>
public sealed record RefusedResource(ResourceProblem Problem, string Version, DateTimeOffset At);

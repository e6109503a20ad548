namespace Lateen.Model.Services;

/// <summary>A port of a service.</summary>
public sealed record ServicePort
{
    /// <summary>The port's name; empty is allowed for a single port.</summary>
    public string Name { get; init; } = "";

    /// <summary>The number that callers use, 1-65535 (0 for a Unix socket).</summary>
    public required int Number { get; init; }

    /// <summary>The port number of the workload where it is a number and known; 0 = the same as <see cref="Number"/> or named.</summary>
    public int TargetPort { get; init; }

    /// <summary>The name of the container port where targetPort is a name; empty otherwise.</summary>
    public string TargetPortName { get; init; } = "";

    public Protocol Protocol { get; init; }
}

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>How an informer follows its objects.</summary>
public sealed record InformerOptions
{
    /// <summary>Which objects. Default all.</summary>
    public ObjectSelector Selector { get; init; } = ObjectSelector.All;

    /// <summary>The first pause after a failure; doubles up to <see cref="MaximumBackoff"/>, each time between half and all of it. Default 100 ms.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause after failures. Default 5 s.</summary>
    public TimeSpan MaximumBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one watch lasts before it is resumed, plus up to as much again. Default 5 minutes.</summary>
    public TimeSpan WatchLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Count a type that the server has never known (404) as one without objects, and ask again later. Default true.</summary>
    public bool UnknownTypeIsEmpty { get; init; } = true;

    /// <summary>The least pause before a type that the server does not know is asked for again. Default none but that after failures.</summary>
    public TimeSpan UnknownTypePause { get; init; }

    /// <summary>Count a type that may not be listed (403) as one without objects until it may be, and ask again. Default false: the first list is waited for.</summary>
    public bool ForbiddenIsEmpty { get; init; }

    /// <summary>The version to follow where the server does not serve the type's own (404). Default none.</summary>
    public string? OlderVersion { get; init; }

    /// <summary>Asked before each list and told of it afterwards. Default nobody.</summary>
    public IListGate? Gate { get; init; }
}

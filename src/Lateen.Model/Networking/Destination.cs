namespace Lateen.Model.Networking;

/// <summary>A service, perhaps one subset of it, as target of a route.</summary>
/// <param name="Host">The service's host; a short name belongs to the resource's namespace.</param>
/// <param name="Subset">A subset of its DestinationRule; empty for all endpoints.</param>
/// <param name="Port">The service port; null where the service has one port or the listener's is meant.</param>
public sealed record Destination(string Host, string Subset = "", int? Port = null);

/// <summary>A target of TCP or TLS traffic with its share.</summary>
public sealed record RouteDestination(Destination Destination, int Weight = 0);

/// <summary>A target of HTTP traffic with its share and its own header changes.</summary>
public sealed record HttpRouteDestination(Destination Destination, int Weight = 0, HeaderRules? Headers = null);

/// <summary>Changes of headers on the way to and back from a destination.</summary>
public sealed record HeaderRules(HeaderOperations? Request = null, HeaderOperations? Response = null);

/// <summary>Headers to overwrite, to append, and to remove.</summary>
public sealed record HeaderOperations
{
    public EquatableMap<string, string> Set { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableMap<string, string> Add { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableArray<string> Remove { get; init; }
}

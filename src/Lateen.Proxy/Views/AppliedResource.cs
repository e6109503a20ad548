using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.Views;

/// <summary>A resource as it was accepted, for config_dump.</summary>
/// <param name="Name">The resource's name.</param>
/// <param name="Version">version_info of the response that last changed it.</param>
/// <param name="LastUpdated">When that was.</param>
/// <param name="Resource">The message as received.</param>
public sealed record AppliedResource(string Name, string Version, DateTimeOffset LastUpdated, Any Resource);

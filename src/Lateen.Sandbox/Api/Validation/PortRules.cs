using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Api.Validation;

/// <summary>Port numbers and protocols.</summary>
internal static class PortRules
{
    public static void Validate(JsonNode? port, string path, CauseList causes)
    {
        if (port is null)
        {
            causes.Required(path);
        }
        else if (port.GetValueKind() == JsonValueKind.Number
            && !(long.TryParse(port.ToJsonString(), out var number) && number is >= 1 and <= 65535))
        {
            causes.Invalid(path, port, "must be between 1 and 65535, inclusive");
        }
    }

    public static void ValidateProtocol(string? protocol, string path, CauseList causes)
    {
        if (protocol is not (null or "TCP" or "UDP" or "SCTP"))
        {
            causes.NotSupported(path, protocol, "SCTP", "TCP", "UDP");
        }
    }
}

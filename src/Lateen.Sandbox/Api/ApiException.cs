using System.Globalization;
using System.Text.Json.Nodes;

namespace Lateen.Sandbox.Api;

/// <summary>One reason why an object was refused: the reason's name, a sentence, and the field's path.</summary>
internal sealed record StatusCause(string Reason, string Message, string Field);

/// <summary>A refusal that is answered with a metav1.Status of the Kubernetes API.</summary>
/// <remarks>Reasons and codes: the metav1.StatusReason constants of the published API reference.</remarks>
internal sealed class ApiException(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public JsonObject? Details { get; init; }

    public static ApiException NotFound(string groupResource, string name) =>
        About(404, "NotFound", $"{groupResource} \"{name}\" not found", groupResource, name);

    /// <summary>No such path; kubectl prints this when a resource type is unknown.</summary>
    public static ApiException NoSuchPath() =>
        new(404, "NotFound", "the server could not find the requested resource") { Details = [] };

    public static ApiException AlreadyExists(string groupResource, string name) =>
        About(409, "AlreadyExists", $"{groupResource} \"{name}\" already exists", groupResource, name);

    public static ApiException Conflict(string groupResource, string name, string why) =>
        About(409, "Conflict", $"Operation cannot be fulfilled on {groupResource} \"{name}\": {why}", groupResource, name);

    public static ApiException Stale(string groupResource, string name) => Conflict(
        groupResource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiException Forbidden(string groupResource, string name, string why) =>
        About(403, "Forbidden", $"{groupResource} \"{name}\" is forbidden: {why}", groupResource, name);

    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static ApiException Expired(string message) => new(410, "Expired", message);

    public static ApiException Internal(string message) => new(500, "InternalError", "Internal error occurred: " + message);

    public static ApiException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource") { Details = [] };

    public static ApiException UnsupportedMediaType(string message) => new(415, "UnsupportedMediaType", message);

    /// <summary>The object's content is wrong; every cause is listed.</summary>
    public static ApiException Invalid(string kindAndGroup, string name, IReadOnlyList<StatusCause> causes)
    {
        var kind = kindAndGroup.Split('.', 2);
        var list = string.Join(", ", causes.Select(c => $"{c.Field}: {c.Message}"));
        var details = new JsonObject { ["name"] = name };
        if (kind.Length == 2)
        {
            details["group"] = kind[1];
        }

        details["kind"] = kind[0];
        details["causes"] = new JsonArray([.. causes.Select(c => (JsonNode)new JsonObject
        {
            ["reason"] = c.Reason,
            ["message"] = c.Message,
            ["field"] = c.Field,
        })]);
        return new(422, "Invalid", $"{kindAndGroup} \"{name}\" is invalid: {(causes.Count == 1 ? list : $"[{list}]")}") { Details = details };
    }

    public JsonObject ToStatus() => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = Message,
        ["reason"] = Reason,
        ["details"] = Details?.DeepClone(),
        ["code"] = Code,
    };

    /// <summary>The answer to a deletion that took effect at once.</summary>
    public static JsonObject Success(string groupResource, string name, string? uid)
    {
        var details = Subject(groupResource, name);
        details["uid"] = uid;
        return new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        };
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Code} {Reason}: {Message}");

    private static ApiException About(int code, string reason, string message, string groupResource, string name) =>
        new(code, reason, message) { Details = Subject(groupResource, name) };

    private static JsonObject Subject(string groupResource, string name)
    {
        var parts = groupResource.Split('.', 2);
        var details = new JsonObject { ["name"] = name };
        if (parts.Length == 2)
        {
            details["group"] = parts[1];
        }

        details["kind"] = parts[0];
        return details;
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Schema;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Reads a request's body, bounded, as an object.</summary>
internal static class RequestBody
{
    /// <summary>The largest body that is read, in bytes; as a real API server's limit.</summary>
    public const int Limit = 3 * 1024 * 1024;

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 128 };

    public static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancel)) > 0)
        {
            if (buffer.Length + read > Limit)
            {
                throw new ApiException(413, "RequestEntityTooLarge", $"limit is {Limit} bytes");
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    /// <summary>The body as an object; JSON, or YAML when the content type says so.</summary>
    public static JsonObject ParseObject(byte[] body, string? contentType)
    {
        var media = contentType?.Split(';')[0].Trim() ?? "";
        if (media == "application/vnd.kubernetes.protobuf")
        {
            return ProtobufBody.Parse(body);
        }

        return (media.EndsWith("yaml", StringComparison.Ordinal) && !LooksLikeJson(body) ? YamlBody.Parse(body) : ParseNode(body)) as JsonObject
            ?? throw ApiException.BadRequest("the body of the request has to be one object");
    }

    public static JsonNode ParseNode(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body, documentOptions: Reading) ?? throw ApiException.BadRequest("the body of the request is null");
        }
        catch (JsonException problem)
        {
            throw ApiException.BadRequest($"the object provided is no valid JSON: {problem.Message}");
        }
    }

    private static bool LooksLikeJson(byte[] body) => Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(64, body.Length))).TrimStart().StartsWith('{');
}

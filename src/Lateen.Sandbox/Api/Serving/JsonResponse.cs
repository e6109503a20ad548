using System.Text.Json.Nodes;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Writes whole JSON and text answers.</summary>
internal static class JsonResponse
{
    public static Task WriteAsync(HttpContext context, int status, JsonNode body, CancellationToken cancel) =>
        WriteAsync(context, status, "application/json", ObjectJson.SerializeNode(body), cancel);

    public static async Task WriteAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, cancel);
    }
}

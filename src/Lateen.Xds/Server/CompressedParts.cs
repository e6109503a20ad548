using Google.Protobuf;
using Lateen.Grpc.Compression;

namespace Lateen.Xds.Server;

/// <summary>Parts of a long resource that are compressed together; immutable, shared by all resources that have them in this order.</summary>
internal sealed record CompressedParts(ByteString[] Parts, GzipFragment Fragment);

import CHTTPShim
package import DriverCore
import ErrnoText
import Glibc

/// A page of an HTTP server.
package struct Page: Sendable, Hashable {
    package let status: UInt16
    package let contentType: String
    package let text: String

    package init(status: UInt16 = 200, contentType: String, text: String) {
        self.status = status
        self.contentType = contentType
        self.text = text
    }
}

/// Serves small pages over HTTP from the moment it is made until it goes.
///
/// Each connection has a thread of its own, so that a page that takes long keeps no other one. GET and
/// HEAD only, no TLS; few connections, so that nobody can take the process's descriptors through it.
@safe package final class PageServer: Sendable {
    /// The page at a path, or nil where there is none; several are asked for at a time.
    package typealias Pages = @Sendable (_ path: String) -> Page?

    private final class Handler: Sendable {
        let pages: Pages

        init(_ pages: @escaping Pages) { self.pages = pages }
    }

    /// Keeps the handler for as long as the C side may call it.
    private let handler: Handler
    /// Freed in deinit only; the C side has its own thread and is never changed from here.
    private nonisolated(unsafe) let server: OpaquePointer

    /// Listens at `host:port`; an empty host is every address, port 0 one that the kernel chooses.
    ///
    /// Throws `unavailable` where the address is not the machine's or is taken.
    package init(host: String, port: UInt16, pages: @escaping Pages) throws(DriverError) {
        handler = Handler(pages)
        var failure: Int32 = 0
        let context = unsafe Unmanaged.passUnretained(handler).toOpaque()
        let made = unsafe chttp_server_create(host, port, Self.answer, context, &failure)
        guard let made = unsafe made else {
            throw DriverError(
                .unavailable,
                "cannot serve pages at \(host):\(port): "
                    + "\(errnoText(failure)); choose another address"
            )
        }
        unsafe server = made
    }

    deinit { unsafe chttp_server_destroy(server) }

    /// Where it listens.
    package var port: UInt16 { unsafe chttp_server_port(server) }

    private static let answer: chttp_handler = { context, path, page in
        let handler = unsafe Unmanaged<Handler>.fromOpaque(context).takeUnretainedValue()
        guard let found = handler.pages(unsafe String(cString: path)) else { return }
        let text = Array(found.text.utf8)
        unsafe chttp_page_write(page, found.status, found.contentType, text, text.count)
    }
}
